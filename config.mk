# What a packager may want to change; every value can be given on the command line.
VERSION = 0.1.0
PREFIX = /usr/local
DESTDIR =
CC = gcc
CXX = g++
CFLAGS = -O2 -g
LDFLAGS = -Wl,--as-needed,-z,relro,-z,now
# CUDA=1 builds the GPU side with nvcc from CUDA_HOME.
CUDA = 0
CUDA_HOME = /usr/local/cuda
CUDA_ARCH = 80 90 100 120
