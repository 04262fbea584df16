package main

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"encoding/base64"
	"encoding/json"
	"io"
	"log"
	"math/big"
	"net"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// A hostile is a server that plays whoever notewatch talks to, keeps all that it is told, and repeats it, with all marks in
// all forms, in answers that are wrong in every way. As Notehub it repeats one form of the token alone, since of longer texts
// little is quoted.
type hostile struct {
	http.Handler // of the healthy project of Notehub

	marks     marks
	elsewhere string // where redirects lead
	url       string // http
	tls       string // https, with a certificate that is trusted
	mu        sync.Mutex
	heard     []heard
}

// A heard is a request to a hostile server.
type heard struct {
	who  string // kind and way of failing, such as webhook-401
	all  string // the request as it came
	body string
}

// ways are how a hostile server answers.
var ways = []string{
	"400", "401", "410", "429", "500", "refused", "ids", "redirect", "nowhere", "no-http", "no-status", "no-header", "cut", "fine", "hang",
}

// fails reports whether a receiver takes the answer for a failure. Only Slack has to say more than 200.
func fails(kind, way string) bool {
	return way != "fine" && (kind == "slack" || kind == "incoming" || way != "refused" && way != "ids")
}

func newHostile(t *testing.T, all marks, healthy http.Handler) *hostile {
	t.Helper()
	h := &hostile{Handler: healthy, marks: all}
	elsewhere := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { t.Error("a redirect was followed") }))
	t.Cleanup(elsewhere.Close)
	plain := httptest.NewServer(http.HandlerFunc(h.serve))
	t.Cleanup(plain.Close)
	t.Cleanup(plain.CloseClientConnections)
	h.elsewhere, h.url = elsewhere.URL, plain.URL
	return h
}

// serveTLS serves with a certificate too.
func (h *hostile) serveTLS(t *testing.T, certificate tls.Certificate) {
	t.Helper()
	h.tls = startTLS(t, certificate, http.HandlerFunc(h.serve)).URL
}

func startTLS(t *testing.T, certificate tls.Certificate, handler http.Handler) *httptest.Server {
	t.Helper()
	server := httptest.NewUnstartedServer(handler)
	server.TLS = &tls.Config{Certificates: []tls.Certificate{certificate}, MinVersion: tls.VersionTLS12}
	server.Config.ErrorLog = log.New(io.Discard, "", 0) // every handshake that is broken off
	server.StartTLS()
	t.Cleanup(server.Close)
	t.Cleanup(server.CloseClientConnections)
	return server
}

// newCertificate makes a certificate that is its own authority.
func newCertificate(t *testing.T, names ...string) tls.Certificate {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	require.NoError(t, err)
	template := &x509.Certificate{
		SerialNumber: big.NewInt(1), DNSNames: names, IPAddresses: []net.IP{net.IPv4(127, 0, 0, 1)},
		NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(time.Hour), IsCA: true, BasicConstraintsValid: true,
	}
	der, err := x509.CreateCertificate(rand.Reader, template, template, key.Public(), key)
	require.NoError(t, err)
	return tls.Certificate{Certificate: [][]byte{der}, PrivateKey: key}
}

// whoOf tells from a request which receiver or project it is about: from the path /kind/way/…, from the channel or method
// of Slack's API, or from the project of Notehub.
func whoOf(r *http.Request, body string) (kind, way string) {
	parts := strings.Split(r.URL.EscapedPath(), "/")
	switch {
	case parts[1] == "slack" && parts[3] == "auth.test":
		return "slack", parts[3]
	case parts[1] == "slack" && parts[3] == "apps.connections.open":
		return "socket", parts[3]
	case parts[1] == "slack":
		_, channel, _ := strings.Cut(body, "channel=")
		channel, _, _ = strings.Cut(channel, "&")
		for _, way := range ways {
			if channelOf(way) == channel {
				return "slack", way
			}
		}
		return "slack", ""
	case parts[1] == "hub":
		_, way, _ = strings.Cut(parts[4], ":")
		return "hub", way
	case r.Host == slackHost:
		return "incoming", parts[2]
	}
	return parts[1], parts[2]
}

// channelOf is the Slack channel that is answered in a way.
func channelOf(way string) string { return "C" + strings.ToUpper(strings.ReplaceAll(way, "-", "Z")) }

// slackHost is where incoming webhooks are.
const slackHost = "hooks.slack.com"

func (h *hostile) serve(w http.ResponseWriter, r *http.Request) {
	all, err := httputil.DumpRequest(r, true)
	if err != nil {
		panic(http.ErrAbortHandler)
	}
	text, err := io.ReadAll(r.Body)
	if err != nil {
		panic(http.ErrAbortHandler)
	}
	kind, way := whoOf(r, string(text))
	before := len(h.from(kind + "-" + way))
	h.mu.Lock()
	h.heard = append(h.heard, heard{kind + "-" + way, string(all), string(text)})
	h.mu.Unlock()
	if kind == "socket" || way == "auth.test" { // a call that is of no receiver is answered in one way after the other
		way = ways[before%len(ways)]
	}
	echo := h.marks.chant() + string(all)
	if kind == "hub" {
		if way == "good" {
			http.StripPrefix("/hub", h.Handler).ServeHTTP(w, r)
			return
		}
		var form string
		way, form, _ = strings.Cut(way, ".")
		echo = h.marks.formOf(string(all), form)
	} else if way == "ids" {
		echo = h.marks.formOf(string(all), "credentials") // what is kept as an ID may be cut
	}
	header := w.Header()
	header.Set("X-Echo", h.marks.chant())
	header.Set("Retry-After", h.marks.chant())
	header.Set("Www-Authenticate", h.marks.chant())
	header.Set("Content-Type", "application/json; "+h.marks.chant())
	if kind == "incoming" && way == "fine" {
		_, _ = io.WriteString(w, "ok")
		return
	}
	misbehave(w, r, way, echo, h.elsewhere)
}

// formOf is one form of the marks that are in a request.
func (m marks) formOf(request, form string) string {
	var words []string
	for _, name := range m.in(request) {
		words = append(words, m[name].forms()[form])
	}
	return strings.Join(words, " ")
}

// misbehave answers in a way, with an echo.
func misbehave(w http.ResponseWriter, r *http.Request, way, echo, elsewhere string) {
	quoted, _ := json.Marshal(echo)
	one := string(quoted)
	switch way {
	case "refused":
		_, _ = io.WriteString(w, `{"ok":false,"error":`+one+`,"needed":`+one+`,"errors":[`+one+`],"err":`+one+`}`)
	case "ids", "fine":
		if way == "fine" {
			one = `"C1.2"`
		}
		_, _ = io.WriteString(w, `{"ok":true,"channel":`+one+`,"ts":`+one+`,"id":`+one+`,"dedup_key":`+one+`,"data":[{"period":`+one+`}]}`)
	case "redirect":
		http.Redirect(w, r, elsewhere+"/?echo="+url.QueryEscape(echo[:min(len(echo), 1000)]), http.StatusTemporaryRedirect)
	case "nowhere":
		w.Header().Set("Location", "https://%zz/"+strings.Join(strings.Fields(echo), "")[:40])
		w.WriteHeader(http.StatusFound)
	case "no-http", "no-status", "no-header":
		talk(w, map[string]string{"no-http": "", "no-status": "HTTP/1.1 ", "no-header": "HTTP/1.1 200 OK\r\n"}[way]+strings.Fields(echo)[0]+"\r\n\r\n")
	case "cut":
		panic(http.ErrAbortHandler)
	case "hang":
		<-r.Context().Done()
	default:
		w.WriteHeader(map[string]int{"400": 400, "401": 401, "410": 410, "429": 429, "500": 500}[way])
		_, _ = io.WriteString(w, `{"status":`+one+`,"message":`+one+`,"errors":[`+one+`],"err":`+one+`}`)
	}
}

// talk answers with what may be no HTTP.
func talk(w http.ResponseWriter, text string) {
	connection, _, err := http.NewResponseController(w).Hijack()
	if err != nil {
		return
	}
	_, _ = io.WriteString(connection, text)
	_ = connection.Close()
}

// from returns what was heard of a receiver or project.
func (h *hostile) from(who string) []heard {
	h.mu.Lock()
	defer h.mu.Unlock()
	return slices.DeleteFunc(slices.Clone(h.heard), func(one heard) bool { return one.who != who })
}

// newProxy starts a proxy that leads to target if it is asked for Slack, and repeats what it was sent if it is asked for
// notewatch.invalid: as a refusal, and as what is no HTTP. It returns its address.
func newProxy(t *testing.T, target string) (address string, used *atomic.Int64) {
	t.Helper()
	used = new(atomic.Int64)
	var refused atomic.Int64
	proxy := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		switch r.Method + " " + r.Host {
		case "CONNECT " + slackHost + ":443":
			used.Add(1)
			tunnel(r, w, target)
		case "CONNECT notewatch.invalid:443":
			echo := r.Header.Get("Proxy-Authorization")
			_, password, _ := strings.Cut(decoded(echo), ":")
			if refused.Add(1)%2 == 0 {
				talk(w, password+" "+echo+"\r\n\r\n")
				return
			}
			w.Header().Set("Proxy-Authenticate", "Basic realm="+password)
			w.WriteHeader(http.StatusProxyAuthRequired)
			_, _ = io.WriteString(w, echo)
		default:
			t.Errorf("the proxy is asked for %s %s", r.Method, r.Host)
			panic(http.ErrAbortHandler)
		}
	}))
	t.Cleanup(proxy.Close)
	return strings.TrimPrefix(proxy.URL, "http://"), used
}

// decoded is what credentials of the scheme Basic say.
func decoded(credentials string) string {
	text, _ := base64.StdEncoding.DecodeString(strings.TrimPrefix(credentials, "Basic "))
	return string(text)
}

// tunnel copies between a client that asked to be connected and target, until one of them has enough.
func tunnel(r *http.Request, w http.ResponseWriter, target string) {
	behind, err := new(net.Dialer).DialContext(r.Context(), "tcp", strings.TrimPrefix(target, "https://"))
	if err != nil {
		panic(http.ErrAbortHandler)
	}
	w.WriteHeader(http.StatusOK)
	client, heard, err := http.NewResponseController(w).Hijack()
	if err != nil {
		_ = behind.Close()
		return
	}
	var both sync.WaitGroup
	both.Go(func() {
		_, _ = io.Copy(behind, heard.Reader) // which may hold what the client said at once
		_ = behind.Close()
	})
	both.Go(func() {
		_, _ = io.Copy(client, behind)
		_ = client.Close()
	})
	both.Wait()
}
