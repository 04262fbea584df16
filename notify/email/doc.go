// Package email sends notifications as mail, by an SMTP server.
//
// [New] makes a [Receiver] from a [Config]. Its Send mails the important changes in a notification, to all recipients at once. It composes
// a subject and a text (text.go), and hands them to the server in steps (session.go): connect, say hello, start TLS, sign in, name the
// sender and the recipients, send. The step at which the server refuses decides the class of the error: a refused sender or recipient stops
// the receiver, a refused message only that message.
//
// Mails about one message refer to the first of them, whose Message-ID is the reference. The Message-ID of a state is the same in repeated
// attempts, so that a mail program shows a repeated mail once. If a recipient is refused, no recipient gets the mail.
//
// The package never sends a password without TLS, and an error repeats only codes of what the server wrote.
package email
