package slackapp

import (
	"strconv"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

func TestMemory(t *testing.T) {
	c := &clock{now: morning}
	m := newMemory(c.read)
	require.True(t, m.first("a"))
	require.False(t, m.first("a"))
	c.forward(remembered)
	require.False(t, m.first("a"))
	require.True(t, m.first("b"))
	c.forward(time.Second)
	require.True(t, m.first("a"), "it is forgotten")
	require.False(t, m.first("b"))
	require.Len(t, m.known, 2)
}

func TestMemoryIsBounded(t *testing.T) {
	m := newMemory(func() time.Time { return morning })
	for i := range maxRemembered + 10 {
		require.True(t, m.first(strconv.Itoa(i)))
	}
	require.Len(t, m.known, maxRemembered)
	require.Len(t, m.queue, maxRemembered)
	require.False(t, m.first(strconv.Itoa(maxRemembered+9)))
	require.True(t, m.first("0"))
}
