// Package storetest helps tests to fill a store and to check what it contains and reads.
package storetest
