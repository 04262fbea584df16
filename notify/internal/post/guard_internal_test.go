package post

import (
	"context"
	"errors"
	"net"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"net/url"
	"testing"

	"github.com/stretchr/testify/require"

	"notewatch/notify"
)

// refusedAddresses are addresses of every kind that must not be called, in every form that a dialer may see.
var refusedAddresses = map[string][]string{
	"this network":    {"0.0.0.0", "0.1.2.3", "::"},
	"loopback":        {"127.0.0.1", "127.255.255.254", "::1"},
	"private":         {"10.0.0.1", "10.255.255.255", "172.16.0.1", "172.31.255.255", "192.168.1.1", "fc00::1", "fdff::1", "fec0::1"},
	"shared":          {"100.64.0.1", "100.127.255.255"},
	"link-local":      {"169.254.0.1", "169.254.255.254", "fe80::1", "febf::1"},
	"zoned":           {"fe80::1%eth0", "::1%lo", "fc00::1%1", "2001:db8::1%eth0", "64:ff9b::a00:1%eth0"},
	"metadata":        {"169.254.169.254", "169.254.170.2", "100.100.100.200", "168.63.129.16", "192.0.0.192", "fd00:ec2::254", "fd20:ce::254"},
	"protocols":       {"192.0.0.1", "192.0.0.170", "2001:1::1", "2001:2::1", "2001:10::1", "2001:20::1", "2001:1ff:ffff::1"},
	"documentation":   {"192.0.2.1", "198.51.100.1", "203.0.113.1", "2001:db8::1", "3fff::1"},
	"benchmarks":      {"198.18.0.1", "198.19.255.255"},
	"multicast":       {"224.0.0.1", "239.255.255.255", "ff02::1", "ff0e::1"},
	"reserved":        {"240.0.0.1", "255.255.255.255", "100::1", "5f00::1", "4000::1", "e000::1"},
	"IPv4 mapped":     {"::ffff:127.0.0.1", "::ffff:10.0.0.1", "::ffff:169.254.169.254", "::ffff:c0a8:101"},
	"IPv4 translated": {"::ffff:0:10.0.0.1", "::ffff:0:8.8.8.8"},
	"IPv4 compatible": {"::127.0.0.1", "::10.0.0.1", "::8.8.8.8"},
	"NAT64":           {"64:ff9b::10.0.0.1", "64:ff9b::169.254.169.254", "64:ff9b::8.8.8.8", "64:ff9b:1::10.0.0.1", "64:ff9b:1:ffff::1"},
	"6to4":            {"192.88.99.1", "2002:a00:1::1", "2002:7f00:1::1", "2002:a9fe:a9fe::1", "2002:808:808::1"},
	"Teredo":          {"2001::1", "2001:0:a00:1::1", "2001:0:4136:e378:8000:63bf:3fff:fdd2"},
}

func TestPublic(t *testing.T) {
	for kind, addresses := range refusedAddresses {
		for _, text := range addresses {
			require.False(t, public(netip.MustParseAddr(text)), "%s: %s", kind, text)
		}
	}
	require.False(t, public(netip.Addr{}))
	for _, text := range []string{
		"1.0.0.1", "8.8.8.8", "9.255.255.255", "11.0.0.1", "100.63.255.255", "100.128.0.1", "126.255.255.255", "128.0.0.1",
		"168.63.129.15", "168.63.129.17", "169.253.255.255", "169.255.0.1", "172.15.255.255", "172.32.0.1", "192.0.1.1",
		"192.0.3.1", "192.88.98.1", "192.88.100.1", "192.167.255.255", "192.169.0.1", "198.17.255.255", "198.20.0.1",
		"223.255.255.255", "2001:200::1", "2001:4860:4860::8888", "2001:db7::1", "2001:db9::1", "2003::1", "2606:4700:4700::1111",
		"2a00:1450:4001::1", "3ffe::1", "::ffff:8.8.8.8",
	} {
		require.True(t, public(netip.MustParseAddr(text)), text)
	}
}

func TestGuardedDialerRefuses(t *testing.T) {
	for kind, addresses := range refusedAddresses {
		for _, text := range addresses {
			_, err := guardedDialer().DialContext(t.Context(), "tcp", net.JoinHostPort(text, "9"))
			_, refused := errors.AsType[*refusedError](err)
			require.True(t, refused, "%s: %s: %v", kind, text, err)
		}
	}
}

// A name that resolves to an address that is not public is refused after it was resolved, so that an answer that changes
// between a check and the call changes nothing.
func TestGuardSeesTheResolvedAddress(t *testing.T) {
	called := false
	server := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { called = true }))
	defer server.Close()
	_, port, err := net.SplitHostPort(server.Listener.Addr().String())
	require.NoError(t, err)

	for _, host := range []string{"localhost", "127.0.0.1", "[::ffff:127.0.0.1]"} {
		u := &url.URL{Scheme: "http", Host: host + ":" + port, Path: "/secret"}
		p := Poster{URL: u, What: "it", Client: newGuardedClient()}
		_, err = p.Send(t.Context(), http.MethodPost, p.URL, http.Header{}, nil)
		failure, ok := errors.AsType[*notify.Error](err)
		require.True(t, ok)
		require.Equal(t, notify.Permanent, failure.Class)
		require.False(t, failure.Uncertain)
		require.ErrorContains(t, err, "is not public")
		require.NotContains(t, err.Error(), "secret")
	}
	require.False(t, called)
}

func TestGuardedClientUsesNoProxy(t *testing.T) {
	t.Setenv("HTTPS_PROXY", "http://proxy.invalid:3128")
	t.Setenv("HTTP_PROXY", "http://proxy.invalid:3128")
	client := newGuardedClient()
	require.Nil(t, client.Transport.(*http.Transport).Proxy)
	_, err := client.Transport.(*http.Transport).DialContext(context.Background(), "tcp", "10.0.0.1:80")
	require.ErrorContains(t, err, "is not public")
}
