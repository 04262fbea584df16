package request

import (
	"context"
	"errors"
	"net"

	"notewatch/internal/fetch"
	"notewatch/internal/metrics"
	"notewatch/internal/proxy"
	"notewatch/notehub"
)

// classes are the kinds of failure of a poll; the first that fits counts.
var classes = []struct {
	err   error
	class metrics.Class
}{
	{notehub.ErrUnauthorized, metrics.Unauthorized},
	{notehub.ErrSuspended, metrics.Suspended},
	{notehub.ErrForbidden, metrics.Forbidden},
	{notehub.ErrNotFound, metrics.NotFound},
	{notehub.ErrRateLimited, metrics.RateLimited},
	{notehub.ErrTookTooLong, metrics.Timeout},
	{ErrNoAnswer, metrics.Timeout},
	{ErrPollTooLong, metrics.Timeout},
	{context.DeadlineExceeded, metrics.Timeout},
	{notehub.ErrInvalidAnswer, metrics.Invalid},
}

// ClassOf returns the kind of a failure of a poll; "" if there is none.
func ClassOf(failure error, truncated bool) metrics.Class {
	switch {
	case failure == nil && truncated:
		return metrics.Truncated
	case failure == nil:
		return ""
	case errors.As(failure, new(fetch.ListError)):
		return metrics.Invalid
	}
	if held, ok := errors.AsType[HeldError](failure); ok {
		if held.Refused {
			return metrics.RateLimited
		}
		return metrics.Budget
	}
	if connecting, ok := errors.AsType[*net.OpError](failure); ok && connecting.Op == "dial" {
		return metrics.Unreachable // also for a timeout, because no query was sent
	}
	for _, c := range classes {
		if errors.Is(failure, c.err) {
			return c.class
		}
	}
	switch {
	case errors.As(failure, new(*notehub.Error)):
		return metrics.Server
	case errors.As(failure, new(net.Error)), errors.As(failure, new(*proxy.Error)):
		return metrics.Unreachable
	}
	return metrics.Other
}
