// Package command has what the commands of notewatch share: it opens the database of the settings ([Look], [Change]), reads the settings and
// asks ([Ask]), prints answers as text or JSON ([Show]), checks arguments, and completes words for a shell.
//
// A command itself, with its flags, is a file of cmd/notewatch.
package command
