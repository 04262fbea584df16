// Package weekly writes the weekly summary: [Usage] the usage of a project and the devices that use most, [Rules] which rules fired, which
// fired too often and which never, so that people can change them. It is due on Mondays ([Next]).
//
// It decides nothing and sends nothing: package bot reads the state for it and sends the text as a report.
package weekly
