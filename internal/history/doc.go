// Package history holds figures as columns: what one figure of many subjects was on one day.
//
// The subjects of a project are numbered, by ordinals; up to [BlockSize] that follow each other are a block. A column is the
// [Cell]s of one figure, day and block, by position in the block. What lies beyond the end of a column is not known, so a
// column may be as short as its last known cell.
//
// [Pack] writes a column as bytes, and [Unpack] reads it back or says that the bytes are damaged; [UnpackAt] reads one cell alone.
// [Merge] takes what an answer of Notehub says into the column that is stored and tells as [Bits] which cells changed.
//
// The package is pure: it reads no clock and no file, and knows nothing of figures, projects or databases.
package history
