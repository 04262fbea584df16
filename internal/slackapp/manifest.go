package slackapp

import (
	_ "embed"
	"strconv"
	"strings"
	"text/template"
)

// manifestText is the manifest of the app in Slack.
//
//go:embed manifest.yaml.tmpl
var manifestText string

// Manifest returns the manifest with which an app is made in Slack, as YAML. command is what people type first, such as
// /notewatch. url is where Slack reaches [App.Handler], such as https://notewatch.example.com; "" is Socket Mode, in which Slack
// needs to reach nothing.
func Manifest(command, url string) (string, error) {
	t, err := template.New("manifest").Funcs(template.FuncMap{"quote": strconv.Quote}).Parse(manifestText)
	if err != nil {
		return "", err
	}
	var b strings.Builder
	err = t.Execute(&b, struct{ Command, URL, Hint string }{command, strings.TrimRight(url, "/"), usageHint()})
	return b.String(), err
}
