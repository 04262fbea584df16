package heartbeat

import (
	"context"
	"fmt"
	"net/http"
	"time"

	"notewatch/internal/secret"
	"notewatch/notify/internal/post"
)

// A Config configures a Beat.
type Config struct {
	URL          secret.Text
	AllowPrivate bool // addresses of private networks too
}

// A Beat calls a URL.
type Beat struct{ poster post.Poster }

// New returns a beat. No error quotes the URL.
func New(c Config) (*Beat, error) {
	to, err := post.ParseURL(c.URL)
	if err != nil {
		return nil, fmt.Errorf("checking the heartbeat: %w", err)
	}
	b := &Beat{post.New(to, "heartbeat", "")}
	if c.AllowPrivate {
		return b, nil
	}
	b.poster = b.poster.Guarded()
	if err := post.CheckHost(to.Hostname(), b.poster.Via); err != nil {
		return nil, fmt.Errorf("checking the heartbeat: %w", err)
	}
	return b, nil
}

// Call makes one request. An answer that is not 2xx is an error, which does not quote the URL.
func (b *Beat) Call(ctx context.Context) error {
	answer, err := b.poster.Send(ctx, http.MethodGet, b.poster.URL, make(http.Header), nil)
	if err == nil && !answer.OK() {
		err = post.Refusal("calling "+b.poster.What, answer, time.Time{})
	}
	return err
}
