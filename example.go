// Package notewatch holds the example rules file, which the demo runs.
package notewatch

import _ "embed"

// ExampleRules is rules.example.yaml.
//
//go:embed rules.example.yaml
var ExampleRules []byte
