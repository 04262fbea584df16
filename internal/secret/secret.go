package secret

import (
	"fmt"
	"log/slog"
	"unique"
)

// mask is the text of every printed secret.
const mask = "[secret]"

// A Text is a secret string. Formatting, logging and marshalling it give "[secret]"; only Reveal gives the value. The zero Text is an unset
// secret. Texts are comparable.
type Text struct {
	// A handle instead of a string, because fmt prints unexported fields of other types without calling their methods.
	value unique.Handle[string]
}

// New returns value as a secret.
func New(value string) Text {
	if value == "" {
		return Text{}
	}
	return Text{unique.Make(value)}
}

// Reveal returns the secret itself, for the one place that sends it to its owner.
func (t Text) Reveal() string {
	if t.IsZero() {
		return ""
	}
	return t.value.Value()
}

// IsZero reports whether the secret is unset or empty.
func (t Text) IsZero() bool { return t == Text{} }

// String implements fmt.Stringer.
func (t Text) String() string { return mask }

// GoString implements fmt.GoStringer.
func (t Text) GoString() string { return mask }

// Format implements fmt.Formatter for every verb.
func (t Text) Format(f fmt.State, _ rune) { _, _ = f.Write([]byte(mask)) }

// LogValue implements slog.LogValuer.
func (t Text) LogValue() slog.Value { return slog.StringValue(mask) }

// MarshalText implements encoding.TextMarshaler, and so JSON and YAML.
func (t Text) MarshalText() ([]byte, error) { return []byte(mask), nil }

// UnmarshalText implements encoding.TextUnmarshaler: text is the secret itself.
func (t *Text) UnmarshalText(text []byte) error {
	*t = New(string(text))
	return nil
}
