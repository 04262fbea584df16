package main

import (
	"testing"

	"github.com/stretchr/testify/require"

	"notewatch/internal/config"
	"notewatch/internal/secret"
)

func TestErrorsOfReceiversNameThem(t *testing.T) {
	url := secret.New("https://user:password@example.com/")
	for want, r := range map[string]config.Receiver{
		`webhook "billing"`:    {Name: "billing", Webhook: &config.Webhook{URL: url}},
		`Slack webhook "team"`: {Name: "team", Slack: &config.Slack{URL: url}},
	} {
		_, err := setup{}.receiver(r)
		require.ErrorContains(t, err, want)
	}
}
