// Package export reads figures day by day, for spreadsheets.
//
// [Of] finds out, for a [Query], which figures of the projects of a subject have been read, and of which days.
// [Export.Rows] reads them, a [Row] for each device and day or for each project and day, one block of devices at a time, so that a file of any
// length takes little memory. Commands write the rows as CSV or JSON; nothing is computed here.
package export
