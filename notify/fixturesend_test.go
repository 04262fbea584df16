package notify_test

import (
	"errors"
	"net/http"
	"testing"

	"github.com/stretchr/testify/require"

	"notewatch/notify"
)

// requireSent checks what Send returned, of what it posted something of and what it did not.
func requireSent(t *testing.T, posted bool, err error) {
	t.Helper()
	if posted {
		require.NoError(t, err)
		return
	}
	require.ErrorIs(t, err, notify.ErrSkipped)
}

// fails sends a notification and returns the error.
func fails(t *testing.T, receiver notify.Receiver) *notify.Error {
	t.Helper()
	return failsToSend(t, receiver, notification(firing()), nil)
}

// failsToSend sends n and returns the error.
func failsToSend(t *testing.T, receiver notify.Receiver, n notify.Notification, ref notify.Ref) *notify.Error {
	t.Helper()
	got, err := receiver.Send(t.Context(), n, ref)
	failure, ok := errors.AsType[*notify.Error](err)
	require.True(t, ok, "%v", err)
	require.Empty(t, got)
	return failure
}

// signIn is what a proxy or portal answers in place of a receiver.
const signIn = "\r\n<!DOCTYPE html><html><body>Sign in to your network</body></html>"

// requireAnswered checks what became of a message whose receiver answered 200.
func requireAnswered(t *testing.T, err error, status int, class notify.Class) {
	t.Helper()
	if status == 0 {
		require.NoError(t, err)
		return
	}
	failure, ok := errors.AsType[*notify.Error](err)
	require.True(t, ok, "%v", err)
	require.Equal(t, status, failure.Status)
	require.Equal(t, class, failure.Class)
	if status == http.StatusBadGateway {
		require.ErrorContains(t, err, "status 200 with a web page, which is not its answer")
	} else {
		require.ErrorContains(t, err, http.StatusText(status)+" in the text of an answer with status 200")
	}
	require.NotContains(t, err.Error(), "ContextId")
}
