package words

import (
	"net/url"
	"strings"
)

// ProjectURL returns the page of a project on notehub.io; "" if the UID is not one of Notehub.
func ProjectURL(project string) string {
	if !strings.HasPrefix(project, "app:") {
		return ""
	}
	return "https://notehub.io/project/" + project
}

// DeviceURL returns the page of a device of a project on notehub.io; "" for no device.
func DeviceURL(project, device string) string {
	base := ProjectURL(project)
	if base == "" || device == "" {
		return ""
	}
	return base + "/devices/" + device
}

// SubjectURL returns the page of a subject of a project: of a device, or of the project for any other.
func SubjectURL(project, subject string) string {
	if strings.HasPrefix(subject, "dev:") {
		return DeviceURL(project, subject)
	}
	return ProjectURL(project)
}

// maxPage is the longest address of a page that is shown, in characters.
const maxPage = 500

// Page returns an address from outside if it is that of a web page that can be shown as a link; else "".
func Page(address string) string {
	u, err := url.Parse(address)
	if err != nil || (u.Scheme != "https" && u.Scheme != "http") || u.Host == "" || Clean(address, maxPage) != address {
		return ""
	}
	return address
}
