// Package command has what the commands of notewatch share. It opens the database of the settings ([Look], [Change]), reads the settings,
// answers questions from both ([Ask]), prints answers as text or JSON ([Show]), checks arguments, and completes words for a shell.
//
// A command itself, with its flags, is a file of cmd/notewatch.
package command
