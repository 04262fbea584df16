//go:build !linux

package storetest

// useMemory does nothing: there is no file system in memory that is always at the same place.
func useMemory() (remove func()) { return func() {} }
