package lookup

import (
	"time"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"

	"notewatch/internal/words"
	"notewatch/rules"
)

// JSON returns the options for writing answers as JSON: no data is null, durations are seconds, and levels, days and truths are words. Alerts,
// mutes and acknowledgements have the form of alertjson.
// Outside text that is not UTF-8 is written with replacement characters.
func JSON() json.Options {
	return json.JoinOptions(jsontext.AllowInvalidUTF8(true), json.WithMarshalers(json.JoinMarshalers(
		json.MarshalToFunc(func(to *jsontext.Encoder, x float64) error { return to.WriteToken(number(x)) }),
		json.MarshalToFunc(func(to *jsontext.Encoder, d time.Duration) error { return to.WriteToken(jsontext.Float(d.Seconds())) }),
		json.MarshalToFunc(func(to *jsontext.Encoder, l rules.Level) error { return to.WriteToken(jsontext.String(l.String())) }),
		json.MarshalToFunc(func(to *jsontext.Encoder, d rules.Day) error { return to.WriteToken(jsontext.String(d.String())) }),
		json.MarshalToFunc(func(to *jsontext.Encoder, a Alert) error { return json.MarshalEncode(to, a.JSON()) }),
		json.MarshalToFunc(func(to *jsontext.Encoder, m rules.Mute) error { return json.MarshalEncode(to, MuteJSON(m)) }),
		json.MarshalToFunc(func(to *jsontext.Encoder, a rules.Ack) error { return json.MarshalEncode(to, AckJSON(a)) }),
		json.MarshalToFunc(func(to *jsontext.Encoder, t rules.Truth) error { return to.WriteToken(jsontext.String(t.String())) }),
	)))
}

// number returns a value as JSON; NaN is null.
func number(x float64) jsontext.Token {
	if !words.Known(x) {
		return jsontext.Null
	}
	return jsontext.Float(x)
}
