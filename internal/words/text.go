package words

import (
	"cmp"
	"strconv"
)

// Truncated is the text for a project if an answer of its last poll was truncated.
const Truncated = "Notehub truncated an answer: missing devices are read in turn"

// Damaged returns the text for a project if some of its stored history cannot be read; "" if all of it can.
func Damaged(columns int) string {
	switch columns {
	case 0:
		return ""
	case 1:
		return "1 column of its history is damaged: the next polls read it from Notehub again"
	}
	return strconv.Itoa(columns) + " columns of its history are damaged: the next polls read them from Notehub again"
}

// maxName is the maximum number of characters of a name that are shown.
const maxName = 80

// Name returns the name of something for display: its name, else its UID, else "unnamed".
func Name(name, uid string) string {
	return cmp.Or(Clean(name, maxName), Clean(uid, maxName), "unnamed")
}
