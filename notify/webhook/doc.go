// Package webhook posts notifications to URLs, as signed JSON.
//
// [New] makes a [Receiver] of a [Config]. Its Send writes the notification in the format of the receiver, signs it as Standard
// Webhooks 1.0 says (sign.go), posts it, and remembers in its reference what was posted and what the other side calls it.
//
// A format says what to send, as a function from a notification to a request: method, path, body, and how to read the answer. Three
// formats are code: standard (body.go), which is the public JSON of notewatch, alertmanager (alertmanager.go) and cloudevents
// (format.go). The others are template files in templates/, which users can print, copy, change and name in their rules file. A
// template sees [Facts] (facts.go) and is bounded in steps and size; before one of a user is used, it is rendered for messages of
// every kind (sample.go).
//
// If the other side refuses a message, or the template of a user fails, the message is sent again at once with less in it, or in a
// built-in format. A message that can be changed and is gone is posted again.
//
// Addresses that are not public are refused unless the configuration allows them. Redirects are not followed. No error and no
// reference holds the URL, a secret or a header.
package webhook
