package metrics

// An Ask is what somebody sent from Slack.
type Ask string

// The asks.
const (
	Command Ask = "command"
	Press   Ask = "press" // of a button
)

// An Outcome is what became of an ask.
type Outcome string

// The outcomes.
const (
	Answered   Outcome = "answered"
	Refused    Outcome = "refused"    // the person was told why nothing was done
	Repeated   Outcome = "repeated"   // it came twice; the first one was answered
	Busy       Outcome = "busy"       // too many were waiting or being read; it was not answered
	Unanswered Outcome = "unanswered" // Slack did not take the answer, or there was none
	Forged     Outcome = "forged"     // a request over HTTP that is not known to be Slack's
	Unreadable Outcome = "unreadable" // a request over HTTP whose body is too large or did not arrive
)

// ServeSlack tells that commands and presses are answered, so that their series are there before the first one; and
// whether they come over Socket Mode.
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

// Asked counts a command or a press.
func (m *Metrics) Asked(ask Ask, outcome Outcome) {
	if m == nil {
		return
	}
	m.asks.WithLabelValues(string(ask), string(outcome)).Inc()
}

// SocketOpened tells that Socket Mode is connected, and how many connections the app then has, ours among them.
func (m *Metrics) SocketOpened(connections int) {
	if m == nil {
		return
	}
	m.socketUp.WithLabelValues().Set(1)
	m.sockets.WithLabelValues().Set(float64(connections))
}

// SocketClosed tells that Socket Mode is not connected.
func (m *Metrics) SocketClosed() {
	if m == nil {
		return
	}
	m.socketUp.WithLabelValues().Set(0)
}
