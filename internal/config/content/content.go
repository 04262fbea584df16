package content

import (
	"errors"
	"net/url"
	"regexp"
	"strings"
	"time"
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

// headerName matches what HTTP takes as the name of a header.
var headerName = regexp.MustCompile("^[A-Za-z0-9!#$%&'*+.^_`|~-]{1,100}$")

// IsHeaderName reports whether HTTP takes text as the name of a header.
func IsHeaderName(text string) bool { return headerName.MatchString(text) }

// currency matches a code of ISO 4217.
var currency = regexp.MustCompile(`^[A-Z]{3}$`)

// IsCurrency reports whether text has the form of a code of ISO 4217, such as USD.
func IsCurrency(text string) bool { return currency.MatchString(text) }

// IsMonthOrDate reports whether text is a month or a day, such as 2026-06 or 2026-06-14.
func IsMonthOrDate(text string) bool {
	_, notMonth := time.Parse("2006-01", text)
	_, notDate := time.Parse(time.DateOnly, text)
	return notMonth == nil || notDate == nil
}
