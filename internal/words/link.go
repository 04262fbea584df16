package words

import "strings"

// ProjectURL returns where people look at a project on notehub.io; "" if the UID is none of Notehub's.
func ProjectURL(project string) string {
	if !strings.HasPrefix(project, "app:") {
		return ""
	}
	return "https://notehub.io/project/" + project
}

// DeviceURL returns where people look at a device of a project on notehub.io; "" for no device.
func DeviceURL(project, device string) string {
	base := ProjectURL(project)
	if base == "" || device == "" {
		return ""
	}
	return base + "/devices/" + device
}
