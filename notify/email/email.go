package email

import (
	"cmp"
	"context"
	"crypto/tls"
	"crypto/x509"
	"encoding/json"
	"errors"
	"fmt"
	"net"
	"net/mail"
	"slices"
	"strconv"
	"strings"

	"notewatch/internal/secret"
	"notewatch/internal/words"
	"notewatch/notify"
	"notewatch/notify/internal/message"
	"notewatch/notify/internal/post"
)

// The values of Config.TLS.
const (
	securityStartTLS = "starttls"
	securityTLS      = "tls"
	securityNone     = "none"
)

// A Config configures a [Receiver].
type Config struct {
	Name     string      // of the receiver, for errors; may be ""
	Server   string      // host:port, such as smtp.example.com:587
	TLS      string      // starttls or "": a server that does not offer it is refused; tls from the start; or none
	User     secret.Text // unset means not to sign in
	Password secret.Text
	From     string         // an address, with an optional name: notewatch <alerts@example.com>
	To       []string       // addresses
	RootCAs  *x509.CertPool // for checking the server's certificate; nil means those of the system
}

// A Receiver sends mail by an SMTP server: one for each important change, to all recipients at once. Those about one message refer to the
// first of them, so that they are shown as one thread. A reference is {"first": its Message-ID}.
//
// If a recipient is refused, no recipient gets the mail, and the error names the refused one.
type Receiver struct {
	server   string
	host     string // of server
	security string // starttls, tls or none
	tls      *tls.Config
	user     func() string // a func, because fmt prints it as an address however the Receiver is printed
	password func() string // like user
	from     *mail.Address
	to       []*mail.Address
	doing    string // for errors
}

// Validate returns all problems of c, joined. Its errors quote nothing of c, because text that is not a server or an address may be a
// misplaced password.
func (c Config) Validate() error {
	problems := []error{c.checkServer(), c.checkUser()}
	if _, err := parseMailbox(c.From); err != nil {
		problems = append(problems, fmt.Errorf("reading the sender: %w", err))
	}
	if len(c.To) == 0 {
		problems = append(problems, errors.New("the recipients are missing"))
	}
	for i, to := range c.To {
		if _, err := parseMailbox(to); err != nil {
			problems = append(problems, fmt.Errorf("reading recipient %d: %w", i+1, err))
		}
	}
	return errors.Join(problems...)
}

func (c Config) checkServer() error {
	if c.Server == "" {
		return errors.New("the server is missing")
	}
	host, port, err := net.SplitHostPort(c.Server)
	number, portErr := strconv.ParseUint(port, 10, 16)
	if err != nil || portErr != nil || number == 0 || host == "" || words.Clean(host, len(host)) != host {
		return errors.New("the server is not host:port, such as smtp.example.com:587")
	}
	if !slices.Contains([]string{"", securityStartTLS, securityTLS, securityNone}, c.TLS) {
		return errors.New("tls is none of starttls, tls and none")
	}
	return nil
}

func (c Config) checkUser() error {
	switch {
	case c.User.IsZero() && c.Password.IsZero():
		return nil
	case c.User.IsZero():
		return errors.New("there is a password, but no user")
	case c.Password.IsZero():
		return errors.New("there is a user, but no password")
	case c.TLS == securityNone:
		return errors.New("a password is not sent without TLS: leave user and password out, or set tls to starttls")
	}
	return nil
}

// parseMailbox reads an address, with or without a name. The address must be ASCII, which every server accepts.
func parseMailbox(text string) (*mail.Address, error) {
	address, err := mail.ParseAddress(text)
	if err != nil {
		return nil, errors.New("that is not an e-mail address")
	}
	outside := func(r rune) bool { return r <= ' ' || r > '~' }
	if strings.ContainsFunc(address.Address, outside) {
		return nil, errors.New("the address has other characters than those of ASCII")
	}
	return address, nil
}

// New returns a receiver for c. Errors quote nothing of c except its name.
func New(c Config) (*Receiver, error) {
	if err := c.Validate(); err != nil {
		return nil, fmt.Errorf("checking e-mail%s: %w", post.Quoted(c.Name), err)
	}
	host, _, _ := net.SplitHostPort(c.Server)
	e := &Receiver{
		server: c.Server, host: host, security: cmp.Or(c.TLS, securityStartTLS),
		tls:  &tls.Config{ServerName: host, RootCAs: c.RootCAs, MinVersion: tls.VersionTLS12},
		user: c.User.Reveal, password: c.Password.Reveal,
		doing: "sending e-mail" + post.Quoted(c.Name) + " by " + c.Server,
	}
	e.from, _ = parseMailbox(c.From)
	for _, text := range c.To {
		to, _ := parseMailbox(text)
		e.to = append(e.to, to)
	}
	return e, nil
}

// A handle is the thread of a message.
type handle struct {
	First string `json:"first"` // Message-ID of the first mail, with its brackets; "" if there was none
}

// Send mails the changes in n. It returns ErrSkipped if n is quiet, or if something was mailed before and n contains no important change.
func (e *Receiver) Send(ctx context.Context, n notify.Notification, ref notify.Ref) (notify.Ref, error) {
	if n.Quiet || len(ref) > 0 && !slices.ContainsFunc(n.ChangedAlerts(), message.News) {
		return ref, notify.ErrSkipped
	}
	var thread handle
	if len(ref) > 0 && json.Unmarshal(ref, &thread) != nil || !isMessageID(thread.First) {
		thread = handle{} // not ours: a second thread is better than none
	}
	if err := e.deliver(ctx, e.compose(n, thread.First)); err != nil {
		return nil, err
	}
	return json.Marshal(handle{First: cmp.Or(thread.First, e.messageID(n))})
}

// isMessageID reports whether id can be used in a header unchanged.
func isMessageID(id string) bool {
	outside := func(r rune) bool { return r <= ' ' || r > '~' }
	return strings.HasPrefix(id, "<") && strings.HasSuffix(id, ">") && !strings.ContainsFunc(id, outside)
}
