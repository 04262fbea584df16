package postgrestest

import "syscall"

// dying ends the server with the test binary, also if that is killed.
func dying(attributes *syscall.SysProcAttr) *syscall.SysProcAttr {
	attributes.Pdeathsig = syscall.SIGQUIT
	return attributes
}
