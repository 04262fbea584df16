// Package terminal lays out answers for a terminal or a pipe: as tables and sentences, or as JSON. It computes nothing: it
// is given the answers.
//
// A [Screen] is where a command prints. Data goes to its W, and remarks about the data to its Talk. On a terminal it has a width, to
// which tables and sentences are fitted, and maybe colours; elsewhere nothing is cut or wrapped.
//
// Each answer has one function: [Usage], [Top], [Status], [Alerts], [Changes], [Story], [Silences], [Explanation], [Check],
// [Results]. They print lines with Screen.Say and tables with a table: on a narrow terminal some of its columns shrink, and others go
// below their row. [WriteJSON], [WriteList] and [ListWriter] print answers as JSON, and [Export] prints an export as CSV or JSON.
//
// Text from outside, such as the name of a device, is printed as one line without control characters.
package terminal
