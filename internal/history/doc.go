// Package history holds figures as columns: one figure of many subjects on one day.
//
// The subjects of a project are numbered by ordinals; up to [BlockSize] consecutive ones form a block. A column holds the [Cell]s of one
// figure, day and block, by position in the block. Cells beyond the end of a column are not known, so a column may end with its last known
// cell.
//
// [Pack] writes a column as bytes. [Unpack] reads it back, or returns an error if the bytes are damaged; [UnpackAt] reads only one cell.
// [Merge] merges what an answer of Notehub says into the stored column and returns the changed cells as [Bits].
//
// The package is pure: it reads no clock and no file, and knows nothing of figures, projects or databases.
package history
