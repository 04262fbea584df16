//go:build !linux

package postgrestest

import "syscall"

// dying does nothing: a server outlives a test binary that is killed.
func dying(attributes *syscall.SysProcAttr) *syscall.SysProcAttr { return attributes }
