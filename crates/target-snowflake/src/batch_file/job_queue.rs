//! A queue between the thread that makes jobs and those that do them. It wakes a thread only when one waits, and the maker
//! only when half the room is free again: a wake-up costs as much as compressing some kilobytes. Not for what a job is.

use std::collections::VecDeque;
use std::fmt;
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};

/// Where jobs are put in. After the last clone is gone, those that wait are still done.
pub(super) struct JobSender<T>(Arc<SendingEnd<T>>);

/// Where jobs are taken out. After the last clone is gone, jobs are dropped.
pub(super) struct JobReceiver<T>(Arc<ReceivingEnd<T>>);

/// Both ends of a queue in which so many jobs wait at most (at least one).
pub(super) fn job_queue<T>(limit: usize) -> (JobSender<T>, JobReceiver<T>) {
    let queue = Arc::new(Queue {
        state: Mutex::new(State {
            jobs: VecDeque::new(),
            idle_receivers: 0,
            blocked_senders: 0,
            is_closed: false,
        }),
        filled: Condvar::new(),
        emptied: Condvar::new(),
        limit: limit.max(1),
    });
    let sender = JobSender(Arc::new(SendingEnd(Arc::clone(&queue))));
    (sender, JobReceiver(Arc::new(ReceivingEnd(queue))))
}

impl<T> JobSender<T> {
    /// Adds a job; blocks while the queue is full. A job that nobody will take is dropped.
    pub(super) fn send(&self, job: T) {
        let SendingEnd(queue) = &*self.0;
        let mut state = queue.lock();
        while state.jobs.len() >= queue.limit && !state.is_closed {
            state.blocked_senders += 1;
            state = wait(&queue.emptied, state);
            state.blocked_senders -= 1;
        }
        if state.is_closed {
            // What a job does when it is dropped is done without the lock.
            drop(state);
            return;
        }
        state.jobs.push_back(job);
        let is_awaited = state.idle_receivers > 0;
        drop(state);
        if is_awaited {
            queue.filled.notify_one();
        }
    }
}

impl<T> JobReceiver<T> {
    /// Takes the next job, and waits for one if there is none; `None` at the end.
    pub(super) fn receive(&self) -> Option<T> {
        let ReceivingEnd(queue) = &*self.0;
        let mut state = queue.lock();
        loop {
            if let Some(job) = state.jobs.pop_front() {
                let is_awaited = state.blocked_senders > 0 && state.jobs.len() <= queue.limit / 2;
                drop(state);
                if is_awaited {
                    queue.emptied.notify_all();
                }
                return Some(job);
            }
            if state.is_closed {
                return None;
            }
            state.idle_receivers += 1;
            state = wait(&queue.filled, state);
            state.idle_receivers -= 1;
        }
    }
}

impl<T> Clone for JobSender<T> {
    fn clone(&self) -> Self {
        Self(Arc::clone(&self.0))
    }
}

/// Without the jobs, which may be data.
impl<T> fmt::Debug for JobSender<T> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_struct("JobSender").finish_non_exhaustive()
    }
}

impl<T> Clone for JobReceiver<T> {
    fn clone(&self) -> Self {
        Self(Arc::clone(&self.0))
    }
}

struct SendingEnd<T>(Arc<Queue<T>>);

impl<T> Drop for SendingEnd<T> {
    fn drop(&mut self) {
        self.0.close();
    }
}

struct ReceivingEnd<T>(Arc<Queue<T>>);

impl<T> Drop for ReceivingEnd<T> {
    fn drop(&mut self) {
        self.0.close();
        let left = std::mem::take(&mut self.0.lock().jobs);
        drop(left);
    }
}

struct Queue<T> {
    state: Mutex<State<T>>,
    filled: Condvar,
    emptied: Condvar,
    limit: usize,
}

struct State<T> {
    jobs: VecDeque<T>,
    idle_receivers: usize,
    blocked_senders: usize,
    is_closed: bool,
}

impl<T> Queue<T> {
    fn close(&self) {
        self.lock().is_closed = true;
        self.filled.notify_all();
        self.emptied.notify_all();
    }

    fn lock(&self) -> MutexGuard<'_, State<T>> {
        // Nothing that could panic is done under the lock.
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn wait<'s, T>(changed: &Condvar, state: MutexGuard<'s, State<T>>) -> MutexGuard<'s, State<T>> {
    changed.wait(state).unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests {
    use std::sync::mpsc;
    use std::thread;

    use super::*;

    #[test]
    fn every_job_is_done_once_whatever_the_threads() {
        for (limit, receivers, senders) in [(1, 1, 1), (1, 3, 2), (8, 2, 1), (8, 4, 4)] {
            let (sender, receiver) = job_queue(limit);
            let (done, all_done) = mpsc::channel();
            thread::scope(|scope| {
                for _ in 0..receivers {
                    let (receiver, done) = (receiver.clone(), done.clone());
                    scope.spawn(move || {
                        while let Some(job) = receiver.receive() {
                            done.send(job).expect("a listener");
                        }
                    });
                }
                for number in 0..senders {
                    let sender = sender.clone();
                    scope.spawn(move || (0..500).for_each(|job| sender.send(number * 500 + job)));
                }
                drop(sender);
            });
            drop(done);
            let mut jobs: Vec<i32> = all_done.iter().collect();
            jobs.sort_unstable();
            assert_eq!(jobs, (0..senders * 500).collect::<Vec<_>>(), "limit {limit}");
        }
    }

    #[test]
    fn jobs_that_wait_are_done_after_the_last_sender_is_gone() {
        let (sender, receiver) = job_queue(2);
        sender.send(1);
        drop(sender);
        assert_eq!((receiver.receive(), receiver.receive()), (Some(1), None));
    }

    #[test]
    fn without_a_receiver_jobs_are_dropped_and_nobody_waits() {
        let (sender, receiver) = job_queue(1);
        let job = Arc::new(());
        sender.send(Arc::clone(&job));
        let blocked = thread::spawn({
            let (sender, job) = (sender.clone(), Arc::clone(&job));
            move || sender.send(job)
        });
        drop(receiver);
        blocked.join().expect("the sender is let go");
        sender.send(Arc::clone(&job));
        assert_eq!(Arc::strong_count(&job), 1);
    }
}
