// Package usage stores the data of projects from Notehub: their devices, and the figures of each day.
//
// Figures are columns in blocks: a row of the table history is one figure of up to 2,048 subjects on one day, packed by package history. A
// subject is a device by its ordinal, or with ordinal 0 the project.
//
//   - [Store.SaveDevices] stores a device list and gives new devices their ordinals (device.go). unread.go remembers which of these have
//     a past that was not read yet. What changes with almost every list is kept in columns too (listing.go).
//   - [Store.SaveReading] merges what an answer says into the history (history.go). figures.go has the dictionary of figures, and which
//     days of each have been read. Days that are closed and changed are noted for [Store.Changed].
//   - Of a device with several SIMs, plan.go keeps each SIM and the bytes that show which one counts.
//   - [Store.KeepPoll] keeps the figures of today as of a poll, for the last hours (intraday.go).
//   - [Store.Columns], [Store.Cells] and [Store.KeptColumn] read figures; [Store.Blocks] and [Store.BlockDevices] the devices that belong to
//     them; name.go finds devices by name and UID.
//
// A device that is no longer listed keeps its row until its last figure is deleted, and gets its ordinal again when it returns; no ordinal
// is given to two devices. A cell is not known, null or a number. A sum with an unknown cell is no data; a sum leaves out nulls.
//
// Every write of a poll proves its lease first (work.Hold), in the same transaction. A poll may be repeated, because it only stores what
// was read. Commit of package store decides with this data: it calls [DropChanges] for the changes that it evaluated, [ShareChanges]
// for those that change the sums of an organization too, and [Uncover] for columns that could not be read ([Damage]).
//
// [Store.PruneDays] drops old days, and devices of which nothing is left. [Store.ConvertProject] and [Store.ConvertNext] turn the rows of an
// older version into columns, a day in each transaction (convert.go, convertday.go).
//
// The package computes no sums and knows no rules: package env turns these columns into what expressions see.
package usage
