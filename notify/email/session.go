package email

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"net"
	"net/mail"
	"net/netip"
	"net/textproto"
	"regexp"
	"slices"
	"strings"

	gomail "github.com/wneessen/go-mail"
	"github.com/wneessen/go-mail/smtp"

	"notewatch/notify"
	"notewatch/notify/internal/post"
)

// A step is one exchange with a mail server.
type step struct {
	name    string
	refused notify.Class // class of a permanent refusal by the server
	last    bool         // the message was sent: it may have been accepted even if no answer comes
	do      func() error
}

// A serverError is the reason for leaving a server.
type serverError string

func (r serverError) Error() string { return string(r) }

// deliver hands message to the server, in one attempt. The error is a *notify.Error.
func (e *Receiver) deliver(ctx context.Context, message *gomail.Msg) error {
	ctx, cancel := context.WithTimeout(ctx, post.Timeout)
	defer cancel()
	connection, err := post.Dialer().DialContext(ctx, "tcp", e.server)
	if err != nil {
		return e.failure(ctx, step{name: "connecting"}, err)
	}
	// The library accepts no context.
	stop := context.AfterFunc(ctx, func() { _ = connection.Close() })
	defer stop()
	defer func() { _ = connection.Close() }()
	for _, step := range e.steps(&boundedConn{Conn: connection, left: maxAnswers}, message) {
		if err := step.do(); err != nil {
			return e.failure(ctx, step, err)
		}
	}
	return nil
}

// maxAnswers is the maximum number of bytes that a server may send in one session, with its certificates.
const maxAnswers = 256 << 10

// A boundedConn ends a session in which the other side sends too much: the library keeps a line in memory until it ends.
type boundedConn struct {
	net.Conn
	left int // bytes
}

// Read implements net.Conn.
func (c *boundedConn) Read(p []byte) (int, error) {
	if c.left <= 0 {
		return 0, errors.New("the server says too much")
	}
	n, err := c.Conn.Read(p[:min(len(p), c.left)])
	c.left -= n
	return n, err
}

// steps returns all steps of a session.
func (e *Receiver) steps(connection net.Conn, message *gomail.Msg) []step {
	var client *smtp.Client
	var body io.WriteCloser
	steps := []step{
		{name: "connecting", refused: notify.Permanent, do: func() (err error) {
			client, err = smtp.NewClient(e.encrypted(connection), e.host)
			return err
		}},
		{name: "saying hello", refused: notify.Permanent, do: func() error {
			client.SkipSMTPUTF8(true) // our addresses are ASCII, and the next server may not support it
			return client.Hello(addressLiteral(connection.LocalAddr()))
		}},
		{name: "starting TLS", refused: notify.Permanent, do: func() error { return e.startTLS(client) }},
		{name: "signing in", refused: notify.Permanent, do: func() error { return e.signIn(client) }},
		{name: fmt.Sprintf("naming sender %q", e.from.Address), refused: notify.Permanent, do: func() error {
			return client.Mail(angle(e.from))
		}},
	}
	for _, to := range e.to {
		steps = append(steps, step{name: fmt.Sprintf("naming recipient %q", to.Address), refused: notify.Permanent, do: func() error {
			return client.Rcpt(angle(to))
		}})
	}
	return append(steps, step{name: "sending the message", refused: notify.Payload, do: func() (err error) {
		if body, err = client.Data(); err != nil {
			return err
		}
		_, err = message.WriteTo(body)
		return err
	}}, step{name: "sending the message", refused: notify.Payload, last: true, do: func() error {
		if err := body.Close(); err != nil {
			return err
		}
		_, _ = client.Text.Cmd("QUIT") // the message is accepted, whatever the result of this
		return nil
	}})
}

// angle returns an address without its name, in angle brackets.
func angle(a *mail.Address) string { return (&mail.Address{Address: a.Address}).String() }

// encrypted returns connection with TLS from the start, if so configured.
func (e *Receiver) encrypted(connection net.Conn) net.Conn {
	if e.security == securityTLS {
		return tls.Client(connection, e.tls)
	}
	return connection
}

func (e *Receiver) startTLS(client *smtp.Client) error {
	if e.security != securityStartTLS {
		return nil
	}
	if offered, _ := client.Extension("STARTTLS"); !offered {
		return serverError("the server does not offer STARTTLS")
	}
	return client.StartTLS(e.tls)
}

func (e *Receiver) signIn(client *smtp.Client) error {
	if e.user() == "" {
		return nil
	}
	_, offered := client.Extension("AUTH")
	mechanisms := strings.Fields(offered)
	switch {
	case slices.Contains(mechanisms, "PLAIN"):
		return client.Auth(smtp.PlainAuth("", e.user(), e.password(), e.host, false))
	case slices.Contains(mechanisms, "LOGIN"):
		return client.Auth(smtp.LoginAuth(e.user(), e.password(), e.host, false))
	}
	return serverError("the server offers neither AUTH PLAIN nor AUTH LOGIN")
}

// addressLiteral names a host by its address, as in RFC 5321 section 4.1.3 for hosts without a name.
func addressLiteral(local net.Addr) string {
	addr, err := netip.ParseAddrPort(local.String())
	if err != nil {
		return "localhost"
	}
	ip := addr.Addr().Unmap().WithZone("")
	if ip.Is6() {
		return "[IPv6:" + ip.String() + "]"
	}
	return "[" + ip.String() + "]"
}

// enhancedCode matches the enhanced status code of RFC 3463 in an answer. Nothing else that the server wrote is shown, because it might
// repeat the password.
var enhancedCode = regexp.MustCompile(`^[245]\.\d{1,3}\.\d{1,3}\b`)

// failure converts an error at a step to a *notify.Error.
func (e *Receiver) failure(ctx context.Context, at step, err error) *notify.Error {
	doing := e.doing + ": " + at.name
	if refused, ok := errors.AsType[serverError](err); ok {
		return &notify.Error{Class: notify.Permanent, Err: fmt.Errorf("%s: %w", doing, refused)}
	}
	if reply, ok := errors.AsType[*textproto.Error](err); ok {
		return refused(doing, at, reply)
	}
	if _, ok := errors.AsType[tls.RecordHeaderError](err); ok {
		return &notify.Error{Class: notify.Temporary, Err: fmt.Errorf("%s: the server does not speak TLS here", doing)}
	}
	if ctx.Err() != nil { // we closed the connection
		err = ctx.Err()
	}
	return post.NoAnswer(doing, err, at.last)
}

// refused converts a refusal of the server to a *notify.Error.
func refused(doing string, at step, reply *textproto.Error) *notify.Error {
	text := fmt.Sprintf("%s: refused with %d", doing, reply.Code)
	if code := enhancedCode.FindString(reply.Msg); code != "" {
		text += " " + code
	}
	class := notify.Temporary
	if reply.Code >= 500 {
		class = at.refused
	}
	switch reply.Code {
	case 530, 534, 535, 538:
		text += ": check user and password"
	case 552: // a mailbox or a disk is full; RFC 5321 section 4.5.3.1.10 wants it tried again when it is said of a recipient
		if at.refused == notify.Permanent {
			class = notify.Temporary
		}
	}
	return &notify.Error{Class: class, Status: reply.Code, Err: errors.New(text)}
}
