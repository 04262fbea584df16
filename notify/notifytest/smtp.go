package notifytest

import (
	"bytes"
	"context"
	"crypto/tls"
	"crypto/x509"
	"fmt"
	"io"
	"mime"
	"mime/quotedprintable"
	"net"
	"net/http/httptest"
	"net/mail"
	"slices"
	"sync"
)

// SMTPOptions configure an [SMTP] server.
type SMTPOptions struct {
	TLS        string // starttls or "", tls or none
	User       string // "" means that no one has to sign in
	Password   string
	Mechanisms string // of AUTH; "" is "PLAIN LOGIN"
}

// An SMTP is a mail server on loopback. It keeps the mail it accepts, and rejects what mail servers reject: commands out of order, mail
// before TLS or before signing in, wrong passwords, and messages without a sender or date or with too long lines.
type SMTP struct {
	Addr  string         // host:port
	Roots *x509.CertPool // for checking the certificate, which is for 127.0.0.1 and example.com

	options  SMTPOptions
	tls      *tls.Config
	listener net.Listener
	serving  sync.WaitGroup

	mu          sync.Mutex
	faults      []SMTPFault
	connections []net.Conn
	mails       []Mail
}

// A Mail is an accepted mail.
type Mail struct {
	Hello   string // name that the client gave
	TLS     bool
	User    string // "" without signing in
	From    string // of the envelope, like To
	To      []string
	Header  mail.Header
	Subject string // decoded, like Text
	Text    string
	Raw     []byte // as received, but with plain line feeds
}

// An SMTPFault is one way to fail one session.
type SMTPFault struct {
	step   string
	answer string
	hang   bool
}

// AnswerAt answers a step of a session with a line such as "550 5.1.1 no such user", and continues. The steps are connect, EHLO, STARTTLS,
// AUTH, MAIL, RCPT, DATA, the "." that ends a message, and QUIT.
func AnswerAt(step, answer string) SMTPFault { return SMTPFault{step: step, answer: answer} }

// HangAt does not answer a step, until the caller gives up or the server closes. A complete message is accepted.
func HangAt(step string) SMTPFault { return SMTPFault{step: step, hang: true} }

// CutAt cuts the connection instead of answering a step. A complete message is accepted.
func CutAt(step string) SMTPFault { return SMTPFault{step: step} }

// NewSMTP starts a server. Close it at the end.
func NewSMTP(options SMTPOptions) (*SMTP, error) {
	listener, err := new(net.ListenConfig).Listen(context.Background(), "tcp", "127.0.0.1:0")
	if err != nil {
		return nil, fmt.Errorf("starting a mail server: %w", err)
	}
	if options.Mechanisms == "" {
		options.Mechanisms = "PLAIN LOGIN"
	}
	s := &SMTP{Addr: listener.Addr().String(), Roots: x509.NewCertPool(), options: options, listener: listener}
	certified := httptest.NewTLSServer(nil) // has a certificate for tests
	defer certified.Close()
	s.tls = &tls.Config{Certificates: certified.TLS.Certificates, MinVersion: tls.VersionTLS12}
	s.Roots.AddCert(certified.Certificate())
	s.serving.Go(s.accept)
	return s, nil
}

// Close cuts open sessions and stops the server.
func (s *SMTP) Close() {
	_ = s.listener.Close()
	s.mu.Lock()
	for _, connection := range s.connections {
		_ = connection.Close()
	}
	s.mu.Unlock()
	s.serving.Wait()
}

// Fail plays the faults on the next sessions, in order. The zero SMTPFault lets one pass.
func (s *SMTP) Fail(faults ...SMTPFault) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.faults = append(s.faults, faults...)
}

// Messages returns the accepted mail, oldest first.
func (s *SMTP) Messages() []Mail {
	s.mu.Lock()
	defer s.mu.Unlock()
	return slices.Clone(s.mails)
}

func (s *SMTP) accept() {
	for {
		connection, err := s.listener.Accept()
		if err != nil {
			return
		}
		s.mu.Lock()
		s.connections = append(s.connections, connection)
		var fault SMTPFault
		if len(s.faults) > 0 {
			fault, s.faults = s.faults[0], s.faults[1:]
		}
		s.mu.Unlock()
		s.serving.Go(func() {
			defer func() { _ = connection.Close() }()
			newSession(s, connection, fault).serve()
		})
	}
}

// take keeps a mail. It returns the answer.
func (s *SMTP) take(m Mail) string {
	if answer := m.read(); answer != "" {
		return answer
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.mails = append(s.mails, m)
	return "250 2.0.0 taken"
}

// read parses the raw message. It returns the rejection of an invalid message.
func (m *Mail) read() (refused string) {
	const longest = 998 // characters of a line
	for line := range bytes.Lines(m.Raw) {
		if len(bytes.TrimRight(line, "\n")) > longest {
			return "500 5.5.2 line too long"
		}
	}
	message, err := mail.ReadMessage(bytes.NewReader(m.Raw))
	if err != nil {
		return "554 5.6.0 not a message"
	}
	m.Header = message.Header
	if _, err := m.Header.Date(); err != nil || m.Header.Get("From") == "" {
		return "554 5.6.0 sender or date are missing"
	}
	body := message.Body
	if m.Header.Get("Content-Transfer-Encoding") == "quoted-printable" {
		body = quotedprintable.NewReader(body)
	}
	text, err := io.ReadAll(body)
	if err != nil {
		return "554 5.6.0 not quoted-printable"
	}
	m.Text = string(text)
	if m.Subject, err = new(mime.WordDecoder).DecodeHeader(m.Header.Get("Subject")); err != nil {
		return "554 5.6.0 the subject cannot be read"
	}
	return ""
}
