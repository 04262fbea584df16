// Package templates compiles the templates that rules have for their texts, within bounds: it rejects a template that could run for long,
// or make a long text.
package templates
