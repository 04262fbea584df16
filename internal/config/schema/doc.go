// Package schema describes the rules file as JSON Schema, so that editors complete its keys, show what they mean and mark mistakes.
//
// The types in file.go have the form of the file, with descriptions; package typed makes the schema of them. Package config reads rules
// files: what it accepts depends on more than a schema can say, so a test ensures that both know the same keys, and that what config accepts
// fits the schema.
package schema
