package metrics

// An Ask is a kind of request from Slack.
type Ask string

// The kinds of requests.
const (
	Command Ask = "command"
	Press   Ask = "press" // of a button
)

// An Outcome is the result of a request.
type Outcome string

// The results.
const (
	Answered   Outcome = "answered"
	Refused    Outcome = "refused"    // a mistake or a missing permission; the person got an explanation
	Repeated   Outcome = "repeated"   // it came twice; the first one was answered
	Busy       Outcome = "busy"       // too many requests were waiting or being read; it was not answered
	Unanswered Outcome = "unanswered" // Slack did not accept the answer, or there was none
	Forged     Outcome = "forged"     // an HTTP request without a valid signature of Slack
	Unreadable Outcome = "unreadable" // an HTTP request whose body is too large or did not arrive
)

// ServeSlack creates the series of commands and presses, and of Socket Mode if socket is set. Without it, they do not exist.
func (m *Metrics) ServeSlack(socket bool) {
	if m == nil {
		return
	}
	for _, ask := range []Ask{Command, Press} {
		for _, outcome := range []Outcome{Answered, Refused, Repeated, Busy, Unanswered, Forged, Unreadable} {
			m.asks.WithLabelValues(string(ask), string(outcome))
		}
	}
	if socket {
		m.socketUp.WithLabelValues().Set(0)
		m.sockets.WithLabelValues().Set(0)
	}
}

// Asked counts a request with its result.
func (m *Metrics) Asked(ask Ask, outcome Outcome) {
	if m == nil {
		return
	}
	m.asks.WithLabelValues(string(ask), string(outcome)).Inc()
}

// SocketOpened records that Socket Mode is connected, and how many connections the app then has, with this one.
func (m *Metrics) SocketOpened(connections int) {
	if m == nil {
		return
	}
	m.socketUp.WithLabelValues().Set(1)
	m.sockets.WithLabelValues().Set(float64(connections))
}

// SocketClosed records that Socket Mode is not connected.
func (m *Metrics) SocketClosed() {
	if m == nil {
		return
	}
	m.socketUp.WithLabelValues().Set(0)
}
