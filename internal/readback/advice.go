package readback

import (
	"errors"
	"fmt"

	"notewatch/notehub"
)

// Advised adds the next step to an error of the whole account.
func Advised(err error) error {
	for _, known := range advice {
		if errors.Is(err, known.of) {
			return fmt.Errorf("%w: %s", err, known.next)
		}
	}
	return err
}

// advice holds next steps after an error of the whole account.
var advice = []struct {
	of   error
	next string
}{
	{notehub.ErrUnauthorized, "make a new token at notehub.io/api-access and set NOTEWATCH_NOTEHUB_TOKEN to it"},
	{notehub.ErrForbidden, "the owner of the token needs at least the role viewer in the projects to watch"},
	{notehub.ErrSuspended, "settle the billing account at notehub.io"},
	{notehub.ErrRateLimited, "other tools use up the rate limit of this account: repeat the command later"},
	{notehub.ErrNotFound, "check NOTEWATCH_NOTEHUB_URL and the proxy"},
	{notehub.ErrInvalidAnswer, "check NOTEWATCH_NOTEHUB_URL and the proxy"},
}
