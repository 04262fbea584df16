package config

import (
	"errors"
	"net/url"
	"strings"
	"unicode"

	"notewatch/internal/config/document"
	"notewatch/internal/smallfile"
)

// readSecretFile returns the content of a file without the newline at its end. Its errors do not name the file.
func readSecretFile(path string) (string, error) {
	content, err := readText(path)
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

// readText returns the content of a file of bounded size, without a byte order mark. Its errors do not name the file.
func readText(path string) (string, error) {
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

// isHTTP reports whether text is an absolute URL for HTTP.
func isHTTP(text string) bool {
	u, err := url.Parse(text)
	return err == nil && (u.Scheme == "https" || u.Scheme == "http") && u.Hostname() != ""
}

// holdsSpace reports whether text has white space or control characters in it.
func holdsSpace(text string) bool {
	return strings.ContainsFunc(text, func(r rune) bool { return unicode.IsSpace(r) || unicode.IsControl(r) })
}
