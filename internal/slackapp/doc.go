// Package slackapp receives what people send from Slack, typed commands and pressed buttons, and sends the answers.
//
// Both come over Socket Mode ([App.Run], socket.go) or as signed HTTP requests ([App.Handler], http.go); request.go reads either. They are
// acknowledged at once, because Slack waits only three seconds. A few workers then call Config.OnCommand or Config.OnPress (serve.go) and
// send the reply to the response URL of the request, or with the bot token if that fails (respond.go).
//
// A request that comes twice has one effect, even if it comes to two processes: Slack sends an envelope to any connection, and to another
// one if it is not acknowledged, and a load balancer may choose any process. So each process remembers the requests that it has taken
// (memory.go), and asks before the answer whether another process has taken the request (Config.Take). Everything else in memory is a cache
// of what Slack says (workspace.go).
//
// A request that was signed before the process started is refused, because an earlier process may have handled it.
//
// Package commands decides what commands mean and who may use them.
package slackapp
