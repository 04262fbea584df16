package secret_test

import (
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"net/url"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"notewatch/internal/secret"
)

func TestIn(t *testing.T) {
	const value = `nB3+x/9_fQ-71"kR&zLw=0vT`
	marshalled, err := json.Marshal(value)
	require.NoError(t, err)
	var escaped strings.Builder
	for _, r := range value {
		_, _ = fmt.Fprintf(&escaped, `\u%04X`, r)
	}
	for name, text := range map[string]string{
		"as it is":    value,
		"upper case":  strings.ToUpper(value),
		"lower case":  strings.ToLower(value),
		"a piece":     value[6:18],
		"the end":     value[len(value)-12:],
		"in a path":   url.PathEscape(value),
		"in a query":  url.QueryEscape(value),
		"as JSON":     string(marshalled),
		"all escaped": escaped.String(),
		"hexadecimal": hex.EncodeToString([]byte(value)),
		"HEXADECIMAL": strings.ToUpper(hex.EncodeToString([]byte(value))),
		"base64":      base64.StdEncoding.EncodeToString([]byte(value)),
		"of a URL":    base64.RawURLEncoding.EncodeToString([]byte(value)),
		"credentials": base64.StdEncoding.EncodeToString([]byte("amy:" + value)),
		"a header":    base64.StdEncoding.EncodeToString([]byte("Bearer " + value + "\r\n")),
		"base64, cut": base64.StdEncoding.EncodeToString([]byte("Token " + value))[12:28],
	} {
		require.True(t, secret.New(value).In("the answer is <"+text+">, sorry"), name)
	}
	for _, text := range []string{"", "the token is not valid", value[:11], value[12:23] + " " + value[:11]} {
		require.False(t, secret.New(value).In(text), text)
	}
}

func TestInWithShortSecrets(t *testing.T) {
	require.True(t, secret.New("hunter-2").In("say HUNTER-2"))
	require.True(t, secret.New("hunter-2").In(base64.StdEncoding.EncodeToString([]byte("amy:hunter-2"))))
	require.False(t, secret.New("hunter-2").In("say hunter"))
	require.False(t, secret.New("token").In("the token is not valid"), "a word")
	require.False(t, secret.Text{}.In(""))
}
