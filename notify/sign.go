package notify

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

// The lengths of a signing secret in bytes that Standard Webhooks 1.0 allows.
const (
	minSigningKey = 24
	maxSigningKey = 64
)

// signingKey returns the bytes of a secret: what base64 gives behind whsec_, else the text itself.
func signingKey(text secret.Text) ([]byte, error) {
	value := text.Reveal()
	if strings.HasPrefix(value, "whsk_") || strings.HasPrefix(value, "whpk_") {
		return nil, errors.New("the secret is an asymmetric key, which is not supported: give a whsec_ secret")
	}
	key := []byte(value)
	if encoded, ok := strings.CutPrefix(value, "whsec_"); ok {
		decoded, err := base64.RawStdEncoding.DecodeString(strings.TrimRight(encoded, "="))
		if err != nil {
			return nil, errors.New("the secret is not base64 after whsec_")
		}
		key = decoded
	}
	if len(key) < minSigningKey || len(key) > maxSigningKey {
		return nil, fmt.Errorf("the secret has %d bytes: want %d to %d", len(key), minSigningKey, maxSigningKey)
	}
	return key, nil
}

// A signer signs a message as Standard Webhooks 1.0 does with a shared secret.
type signer func(id string, sent time.Time, body []byte) string

func newSigner(text secret.Text) (signer, error) {
	key, err := signingKey(text)
	if err != nil {
		return nil, err
	}
	return func(id string, sent time.Time, body []byte) string {
		mac := hmac.New(sha256.New, key)
		mac.Write([]byte(id + "." + strconv.FormatInt(sent.Unix(), 10) + "."))
		mac.Write(body)
		return "v1," + base64.StdEncoding.EncodeToString(mac.Sum(nil))
	}, nil
}
