// Package current gives open alerts the values that they have now.
//
// An open alert is stored with the values of its newest event, because most evaluations store nothing. People want the value of the
// last poll. [Reader.Update] evaluates the rules of open alerts of a [Project] again, as of its last poll: it reads the entries of the device
// list that these rules need (list), and the blocks of the devices of the alerts, each once (update). Fleets and routes are read one by one
// (updateOthers). [Reader.UpdateOrganization] does so for an organization. The values, and the texts made of them, replace those of the alert.
//
// The stored values stay if the last poll failed or evaluated another meaning of the rule, or if the device is no longer listed. Nothing is
// stored and nothing decided: the state and the level of an alert stay too.
//
// Package lookup calls it for each list of alerts that it answers with.
package current
