package content

import (
	"errors"
	"net/url"
	"strings"
	"unicode"

	"notewatch/internal/config/document"
	"notewatch/internal/smallfile"
)

// ReadSecret returns the content of a file without the newline at its end. Its errors do not name the file.
func ReadSecret(path string) (string, error) {
	content, err := Read(path)
	if err != nil {
		return "", err
	}
	text := strings.TrimSuffix(strings.TrimSuffix(content, "\n"), "\r")
	if text == "" {
		return "", errors.New("the file is empty")
	}
	return text, nil
}

const maxSmallFile = 64 << 10

// Read returns the content of a file of bounded size, without a byte order mark. Its errors do not name the file.
func Read(path string) (string, error) {
	content, err := smallfile.Read(path, maxSmallFile)
	if err != nil {
		return "", err
	}
	text := string(content)
	if strings.HasPrefix(text, "\xff\xfe") || strings.HasPrefix(text, "\xfe\xff") {
		return "", errors.New("the file is in UTF-16: save it in UTF-8")
	}
	return strings.TrimPrefix(text, document.ByteOrderMark), nil
}

// IsHTTP reports whether text is an absolute URL for HTTP.
func IsHTTP(text string) bool {
	u, err := url.Parse(text)
	return err == nil && (u.Scheme == "https" || u.Scheme == "http") && u.Hostname() != ""
}

// HoldsSpace reports whether text has white space or control characters in it.
func HoldsSpace(text string) bool {
	return strings.ContainsFunc(text, func(r rune) bool { return unicode.IsSpace(r) || unicode.IsControl(r) })
}
