package webhook

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"time"

	"notewatch/internal/secret"
)

// The lengths of a signing secret in bytes that Standard Webhooks 1.0 allows, and the number of secrets that may sign at the same time.
const (
	minSigningKey = 24
	maxSigningKey = 64
	maxSecrets    = 2
)

// signingKey returns the bytes of a secret, which is base64 with or without whsec_ before it, as the reference libraries of
// Standard Webhooks read it.
func signingKey(text secret.Text) ([]byte, error) {
	value := text.Reveal()
	if strings.HasPrefix(value, "whsk_") || strings.HasPrefix(value, "whpk_") {
		return nil, errors.New("the secret is an asymmetric key, which is not supported: give a whsec_ secret")
	}
	key, err := base64.RawStdEncoding.DecodeString(strings.TrimRight(strings.TrimPrefix(value, "whsec_"), "="))
	if err != nil {
		return nil, errors.New("the secret is not base64: give it as its receiver shows it, or encode a secret of your own with base64")
	}
	if len(key) < minSigningKey || len(key) > maxSigningKey {
		return nil, fmt.Errorf("the secret has %d bytes: want %d to %d, encoded with base64", len(key), minSigningKey, maxSigningKey)
	}
	return key, nil
}

// A signer signs a message as Standard Webhooks 1.0 does with shared secrets.
type signer func(id string, sent time.Time, body []byte) string

// newSigner returns a signer with one or two secrets. While a receiver changes its secret, it finds the signature of the one that it knows.
// The error joins all problems of the secrets.
func newSigner(secrets []secret.Text) (signer, error) {
	if len(secrets) > maxSecrets {
		return nil, fmt.Errorf("there are %d secrets: want the new one and the one that it replaces", len(secrets))
	}
	keys := make([][]byte, len(secrets))
	problems := make([]error, len(secrets))
	for i, text := range secrets {
		if keys[i], problems[i] = signingKey(text); problems[i] != nil && len(secrets) > 1 {
			problems[i] = fmt.Errorf("secret %d: %w", i+1, problems[i])
		}
	}
	if err := errors.Join(problems...); err != nil {
		return nil, err
	}
	return func(id string, sent time.Time, body []byte) string {
		signatures := make([]string, len(keys))
		for i, key := range keys {
			signatures[i] = sign(key, id, sent, body)
		}
		return strings.Join(signatures, " ")
	}, nil
}

// sign returns one signature with its version.
func sign(key []byte, id string, sent time.Time, body []byte) string {
	mac := hmac.New(sha256.New, key)
	mac.Write([]byte(id + "." + strconv.FormatInt(sent.Unix(), 10) + "."))
	mac.Write(body)
	return "v1," + base64.StdEncoding.EncodeToString(mac.Sum(nil))
}
