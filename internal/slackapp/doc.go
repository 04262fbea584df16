// Package slackapp takes what people send from Slack, commands that they type and buttons that they press, and sends the answers.
//
// Both come over Socket Mode ([App.Run], socket.go) or as signed HTTP requests ([App.Handler], http.go); request.go reads either. They are
// acknowledged at once, so that Slack waits for nothing. A few workers then ask Config.OnCommand or Config.OnPress (serve.go) and
// send the reply through the URL that came with the request, or by the bot if that URL takes none (respond.go).
//
// What comes twice has one effect, also if it comes to two processes: Slack sends an envelope to any connection, and again to another one
// if it is not acknowledged, and a balancer sends requests anywhere. So each process remembers what it has taken (memory.go), and before it
// answers it asks whether another one has (Config.Take). All else in memory is a cache of what Slack says (home.go).
//
// What commands mean and who may use them is decided in the room commands.
package slackapp
