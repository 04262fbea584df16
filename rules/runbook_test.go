package rules_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"notewatch/rules"
)

func TestRunbook(t *testing.T) {
	facts := rules.RunbookFacts{Rule: "spike", Project: "cold chain", Subject: "pump/7?&x=1#a b", UID: "dev:1", Level: "critical"}
	for template, want := range map[string]string{
		"":                                "",
		"https://wiki.example.com/spikes": "https://wiki.example.com/spikes",
		"https://wiki.example.com/{{.Rule}}/{{.Subject}}":           "https://wiki.example.com/spike/pump%2F7%3F%26x%3D1%23a%20b",
		"https://wiki.example.com/?p={{.Project}}&d={{.UID}}":       "https://wiki.example.com/?p=cold%20chain&d=dev%3A1",
		"https://w.example/{{if eq .Level \"critical\"}}now{{end}}": "https://w.example/now",
	} {
		spec := ruleWhen("events.today > 5")
		spec.Runbook = template
		require.Equal(t, want, compile(t, spec).Runbook(facts), template)
	}
}

func TestProblemsOfRunbooks(t *testing.T) {
	const hint = "such as https://wiki.example.com/{{.Rule}}?device={{.UID}}"
	const noPage = "is not the address of an https page"
	for template, want := range map[string]rules.Problem{
		"http://wiki.example.com":       {Offset: -1, Message: noPage, Hint: hint},
		"wiki.example.com/x":            {Offset: -1, Message: noPage, Hint: hint},
		"https:///x":                    {Offset: -1, Message: noPage, Hint: hint},
		"https://amy:secret@w.example/": {Offset: -1, Message: noPage, Hint: hint},
		"https://w.example/a b":         {Offset: -1, Message: noPage, Hint: hint},
		"javascript:alert(1)":           {Offset: -1, Message: noPage, Hint: hint},
		"https://{{.Project}}.example/": {Offset: -1, Message: noPage, Hint: hint},
		"https://{{.Level}}.example/":   {Offset: -1, Message: "the host must be the same for all alerts", Hint: hint},
		"https://w.example/{{.Value}}": {Offset: 20, Message: "<.Value>: can't evaluate field Value in type rules.RunbookFacts",
			Hint: "there are .Rule, .Project, .Subject, .UID and .Level"},
	} {
		spec := ruleWhen("events.today > 5")
		spec.Runbook, want.Field = template, "runbook"
		_, problems := rules.Compile(spec)
		require.Equal(t, []rules.Problem{want}, problems, template)
	}
}
