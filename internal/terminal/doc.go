// Package terminal lays out answers for a terminal or a pipe: as tables and sentences, or as JSON. It computes nothing: what it prints
// is in the data that it is given, by lookup, timeline, explain, dispatch or check.
//
// A [Screen] is where a command prints. Data goes to its W, and remarks about the data to its Talk. On a terminal it has a width, to
// which tables and sentences are fitted, and maybe colours; elsewhere nothing is cut or wrapped.
//
// Each answer has one function: [Usage], [Top], [Status], [Alerts], [Changes], [Story], [Silences], [Explanation], [Check],
// [Results]. They make lines with Screen.Say and tables with a table, whose columns know what to do on a narrow terminal: to be cut,
// or to go below their row. [WriteJSON], [WriteList] and [ListWriter] print answers as JSON, and [NewCSVExport] and [NewJSONExport]
// rows of an export.
//
// Text from outside, such as the name of a device, is printed as one line without control characters.
package terminal
