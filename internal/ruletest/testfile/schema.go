package testfile

import "notewatch/internal/config/typed"

// Schema returns the JSON Schema of files of tests.
func Schema() []byte { return typed.Schema(Document{}, "Rule tests of notewatch") }
