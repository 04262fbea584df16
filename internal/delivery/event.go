package delivery

import "notewatch/rules"

// A Kind is what happened to a delivery.
type Kind string

// The kinds of events, each with the fields of Event that it reads.
const (
	Added          Kind = "added"           // the receiver is to show the alert
	Changed        Kind = "changed"         // the alert has a newer version
	Considered     Kind = "considered"      // Version, Epoch, Hours, Detail: the receiver is served
	Begun          Kind = "begun"           // Message, Sent: an attempt begins
	Posted         Kind = "posted"          // Sent, Hours
	NothingToShow  Kind = "nothing to show" // Sent, Again, Detail: the content has nothing to show to the receiver
	Failed         Kind = "failed"          // Epoch, Error: the attempt will be retried
	GaveUp         Kind = "gave up"         // Version, Epoch, Error: the attempt will not be retried
	ReceiverFailed Kind = "receiver failed" // Error: the receiver accepts nothing until someone fixes it
	HoursBegan     Kind = "hours began"     // the receiver is no longer outside its hours
	Retried        Kind = "retried"         // an unreachable receiver is retried
	Revived        Kind = "revived"         // the receiver may work again
	RulesChanged   Kind = "rules changed"   // the rules file was read
	TurnedAway     Kind = "turned away"     // the route no longer leads to the receiver
	TurnedBack     Kind = "turned back"     // the route leads to the receiver again
	FallenBack     Kind = "fallen back"     // For: the receiver replaces another one
	ReceiverGone   Kind = "receiver gone"   // the rules file no longer has the receiver
	ReceiverBack   Kind = "receiver back"   // the rules file has the receiver again
	Redeliver      Kind = "redeliver"       // a person asks for a copy
	Overtaken      Kind = "overtaken"       // Sent: it was posted without a lease, so another post may have come before or after
	CutOff         Kind = "cut off"         // Sent: it may have been posted without a lease, or before the process ended
)

// An Event is what happened to a delivery. Its Kind determines which fields are set.
type Event struct {
	Kind Kind
	Sent
	Again   bool   // the message had an earlier attempt
	Message string // ID
	Error   string
	Detail  string // text of the mute, of the acknowledgement, or of the reason why there is nothing to show
	Hours   string // text, if the receiver is outside its hours for the alert; "": it is not
	For     string // receiver
}

// Sent is what an attempt displays if it succeeds: the alert as it was when the attempt began, never as it is now.
type Sent struct {
	Version int64
	Level   rules.Level // that people are notified of; Inactive for an end
	Display Display     // DisplayFiring or DisplayEnded
	Epoch   int64       // of the delivery when the attempt began
}

// Moves returns the states between which a kind of event moves every delivery of a receiver. The kinds are ReceiverFailed, Retried and
// Revived; for any other kind from is "". They concern the whole backlog of an unreachable receiver, which the store moves with one
// statement.
func Moves(k Kind) (from, to State) {
	switch k {
	case ReceiverFailed:
		return Waiting, GivenUp
	case Retried, Revived:
		return GivenUp, Waiting
	}
	return "", ""
}
