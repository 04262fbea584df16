package notifytest

import (
	"crypto/tls"
	"encoding/base64"
	"io"
	"net"
	"net/textproto"
	"strings"
)

// An smtpSession is the session with one client.
type smtpSession struct {
	server *SMTP
	fault  SMTPFault
	conn   net.Conn
	text   *textproto.Conn
	mail   Mail // as far as it has been received
	over   bool
}

func newSession(server *SMTP, connection net.Conn, fault SMTPFault) *smtpSession {
	s := &smtpSession{server: server, fault: fault, conn: connection, text: textproto.NewConn(connection)}
	if server.options.TLS == "tls" {
		s.encrypt()
	}
	return s
}

func (s *smtpSession) encrypt() {
	s.conn = tls.Server(s.conn, s.server.tls)
	s.text = textproto.NewConn(s.conn)
	s.mail = Mail{TLS: true}
}

func (s *smtpSession) serve() {
	s.answer("connect", "220 example.com ESMTP")
	for !s.over {
		line, err := s.text.ReadLine()
		if err != nil {
			return
		}
		verb, rest, _ := strings.Cut(line, " ")
		s.command(strings.ToUpper(verb), rest)
	}
}

// answer answers a step, or plays its fault. It reports whether there was no fault.
func (s *smtpSession) answer(step string, lines ...string) bool {
	if s.fault.step != step {
		s.say(lines...)
		return true
	}
	switch {
	case s.fault.answer != "":
		s.say(s.fault.answer)
	case s.fault.hang:
		_, _ = io.Copy(io.Discard, s.conn) // until either side closes
		s.over = true
	default:
		s.over = true
	}
	return false
}

func (s *smtpSession) say(lines ...string) {
	if s.text.PrintfLine("%s", strings.Join(lines, "\r\n")) != nil {
		s.over = true
	}
}

func (s *smtpSession) command(verb, rest string) {
	switch verb {
	case "EHLO":
		s.mail.Hello = rest
		s.answer("EHLO", s.extensions()...)
	case "HELO":
		s.mail.Hello = rest
		s.answer("EHLO", "250 example.com")
	case "STARTTLS":
		if s.answer("STARTTLS", "220 2.0.0 go on") {
			s.encrypt()
		}
	case "AUTH":
		s.authenticate(rest)
	case "MAIL":
		s.sender(rest)
	case "RCPT":
		s.recipient(rest)
	case "DATA":
		s.data()
	case "QUIT":
		s.answer("QUIT", "221 2.0.0 bye")
		s.over = true
	default:
		s.say("502 5.5.1 not known")
	}
}

func (s *smtpSession) extensions() []string {
	lines := []string{"250-example.com", "250-8BITMIME", "250-ENHANCEDSTATUSCODES", "250-SMTPUTF8"}
	if s.server.options.TLS != "none" && !s.mail.TLS {
		lines = append(lines, "250-STARTTLS")
	}
	if s.server.options.User != "" && s.mail.TLS {
		lines = append(lines, "250-AUTH "+s.server.options.Mechanisms)
	}
	return append(lines, "250 SIZE 10485760")
}

func (s *smtpSession) authenticate(rest string) {
	mechanism, initial, _ := strings.Cut(rest, " ")
	var user, password string
	switch {
	case !s.mail.TLS:
		s.say("538 5.7.11 TLS is needed")
		return
	case mechanism == "PLAIN":
		plain := strings.Split(decode(initial), "\x00")
		if len(plain) == 3 {
			user, password = plain[1], plain[2]
		}
	case mechanism == "LOGIN":
		user, password = s.ask("Username:"), s.ask("Password:")
	}
	if user != s.server.options.User || password != s.server.options.Password {
		s.say("535 5.7.8 wrong: " + user + " " + password) // some servers are as careless
		return
	}
	if s.answer("AUTH", "235 2.7.0 welcome") {
		s.mail.User = user
	}
}

// ask returns the answer to a challenge.
func (s *smtpSession) ask(challenge string) string {
	s.say("334 " + base64.StdEncoding.EncodeToString([]byte(challenge)))
	line, err := s.text.ReadLine()
	s.over = s.over || err != nil
	return decode(line)
}

func decode(text string) string {
	decoded, err := base64.StdEncoding.DecodeString(text)
	if err != nil {
		return ""
	}
	return string(decoded)
}

func (s *smtpSession) sender(rest string) {
	options := s.server.options
	address, ok := path(rest, "FROM:")
	switch {
	case s.mail.Hello == "":
		s.say("503 5.5.1 say hello first")
	case options.TLS != "none" && !s.mail.TLS:
		s.say("530 5.7.0 TLS is needed")
	case options.User != "" && s.mail.User == "":
		s.say("530 5.7.0 sign in first")
	case !ok:
		s.say("501 5.1.7 not an address")
	default:
		if s.answer("MAIL", "250 2.1.0 fine") {
			s.mail.From = address
		}
	}
}

func (s *smtpSession) recipient(rest string) {
	address, ok := path(rest, "TO:")
	switch {
	case s.mail.From == "":
		s.say("503 5.5.1 who sends it?")
	case !ok:
		s.say("501 5.1.3 not an address")
	default:
		if s.answer("RCPT", "250 2.1.5 fine") {
			s.mail.To = append(s.mail.To, address)
		}
	}
}

// path returns the address of a command such as MAIL FROM:<amy@example.com> BODY=8BITMIME.
func path(rest, prefix string) (address string, ok bool) {
	rest, ok = strings.CutPrefix(rest, prefix+"<")
	address, _, closed := strings.Cut(rest, ">")
	return address, ok && closed && strings.Contains(address, "@")
}

func (s *smtpSession) data() {
	if len(s.mail.To) == 0 {
		s.say("503 5.5.1 who gets it?")
		return
	}
	if !s.answer("DATA", "354 go on") {
		return
	}
	raw, err := s.text.ReadDotBytes()
	if err != nil {
		s.over = true
		return
	}
	s.mail.Raw = raw
	var answer string
	if refused := s.fault.step == "." && s.fault.answer != ""; !refused {
		answer = s.server.take(s.mail)
	}
	s.answer(".", answer)
	s.mail = Mail{Hello: s.mail.Hello, TLS: s.mail.TLS, User: s.mail.User}
}
