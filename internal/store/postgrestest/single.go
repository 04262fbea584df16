package postgrestest

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"encoding/pem"
	"math/big"
	"net"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// A Single is a server of one test.
type Single struct{ server *server }

// NewSingle starts a server with an empty database. It needs installed binaries, also where NOTEWATCH_TEST_POSTGRES is a URL.
func NewSingle(t testing.TB) *Single {
	t.Helper()
	server, err := launch()
	if err != nil {
		skipOrFail(t, err)
	}
	endWith(t, server)
	require.NoError(t, server.exec(t.Context(), roleStatement, "CREATE DATABASE fleet OWNER "+owner, "ALTER DATABASE fleet SET search_path = notewatch"))
	return &Single{server}
}

// URL returns the URL of the database.
func (s *Single) URL() string { return s.server.database("fleet") }

// Crash ends the server at once.
func (s *Single) Crash() { s.server.kill() }

// Restart starts the server again, on the same port.
func (s *Single) Restart(t testing.TB) {
	t.Helper()
	require.NoError(t, s.server.run(s.data()))
}

func (s *Single) data() string { return filepath.Join(s.server.folder, "data") }

// Secure has the server speak TLS from now on, with a certificate for 127.0.0.1, and returns the path of that.
func (s *Single) Secure(t testing.TB) (certificate string) {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	require.NoError(t, err)
	template := x509.Certificate{
		SerialNumber: big.NewInt(1), NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(time.Hour), IPAddresses: []net.IP{net.IPv4(127, 0, 0, 1)},
		IsCA: true, BasicConstraintsValid: true, KeyUsage: x509.KeyUsageDigitalSignature | x509.KeyUsageCertSign,
	}
	signed, err := x509.CreateCertificate(rand.Reader, &template, &template, &key.PublicKey, key)
	require.NoError(t, err)
	private, err := x509.MarshalPKCS8PrivateKey(key)
	require.NoError(t, err)
	certificate = filepath.Join(t.TempDir(), "root.crt")
	for path, block := range map[string]pem.Block{
		certificate:                           {Type: "CERTIFICATE", Bytes: signed},
		filepath.Join(s.data(), "server.crt"): {Type: "CERTIFICATE", Bytes: signed},
		filepath.Join(s.data(), "server.key"): {Type: "PRIVATE KEY", Bytes: private},
	} {
		require.NoError(t, os.WriteFile(path, pem.EncodeToMemory(&block), 0o600))
		if s.server.who != nil {
			require.NoError(t, os.Chown(path, int(s.server.who.Uid), int(s.server.who.Gid)))
		}
	}
	s.server.settings = append(s.server.settings, "ssl=on")
	s.Crash()
	s.Restart(t)
	return certificate
}
