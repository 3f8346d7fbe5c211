// People, their posts, and comments of people on posts; some people are hidden, some comments private.

import { Expose } from 'class-transformer';
import {
  Column,
  Entity,
  IsNull,
  JoinTable,
  ManyToMany,
  ManyToOne,
  OneToMany,
  PrimaryColumn,
  PrimaryGeneratedColumn,
  type DataSource,
  type Relation,
} from 'typeorm';
import { Hook, HookScope, ModelHook, ReadOnlyModelHook, type ExpandFields, type Visibility } from 'nestjs-jira';

@Entity()
export class Person {
  @PrimaryGeneratedColumn() id: number;
  @Column() name: string;
  @Column() password: string;
  @Column({ default: false }) isHidden: boolean;
}

@Entity()
export class Tag {
  @PrimaryColumn({ type: 'varchar', length: 50 }) name: string;
}

@Entity()
export class Post {
  @PrimaryGeneratedColumn() id: number;
  @Column() title: string;
  @ManyToOne(() => Person) author: Relation<Person>;
  @OneToMany(() => Comment, (comment) => comment.post) comments: Relation<Comment[]>;
  @ManyToMany(() => Tag) @JoinTable() tags: Relation<Tag[]>;
  @ManyToOne(() => Person, { nullable: true }) editor: Relation<Person> | null;
}

@Entity()
export class Comment {
  @PrimaryGeneratedColumn() id: number;
  @Column() text: string;
  @Column({ type: 'int', nullable: true }) onlyFor: number | null;
  @ManyToOne(() => Post, (post) => post.comments) post: Relation<Post>;
  @ManyToOne(() => Person) author: Relation<Person>;
}

class PersonView {
  @Expose() id: number;
  @Expose() name: string;
}

class TagView {
  @Expose() name: string;
}

class PostView {
  @Expose() id: number;
  @Expose() title: string;
}

class CommentView {
  @Expose() id: number;
  @Expose() text: string;
}

@Hook('people')
export class PersonHook extends ReadOnlyModelHook<Person> {
  entity = Person;
  output = PersonView;

  visibility(): Visibility<Person> {
    return { isHidden: false };
  }
}

@Hook('tags')
export class TagHook extends ReadOnlyModelHook<Tag> {
  entity = Tag;
  output = TagView;
  ordering = ['name'];
}

@Hook('posts')
export class PostHook extends ModelHook<Post> {
  entity = Post;
  output = PostView;
  ordering = ['id'];
  expandFields: ExpandFields = ['author', 'comments.author', 'tags', 'editor'];
}

@Hook('comments')
export class CommentHook extends ReadOnlyModelHook<Comment> {
  entity = Comment;
  output = CommentView;
  ordering = ['-id'];

  visibility(scope: HookScope): Visibility<Comment> {
    return [{ onlyFor: IsNull() }, { onlyFor: scope.user?.id ?? 0 }];
  }
}

export const BLOG = {
  hooks: [PersonHook, TagHook, PostHook, CommentHook],
  entities: [Person, Tag, Post, Comment],
  providers: [],
};

export async function seedBlog({ dataSource: { manager } }: { dataSource: DataSource }): Promise<void> {
  const people = [
    { name: 'Ada', password: 'x' },
    { name: 'Grace', password: 'y' },
    { name: 'Ghost', password: 'z', isHidden: true },
  ];
  const [ada, grace, ghost] = await manager.save(Person, people);
  const tags = await manager.save(Tag, [{ name: 'news' }, { name: 'art' }]);
  const [first, second] = await manager.save(Post, [
    { title: 'First', author: ada, editor: grace, tags },
    { title: 'Second', author: ghost, editor: null, tags: tags.slice(0, 1) },
  ]);
  await manager.save(Comment, [
    { text: 'public', post: first, author: grace },
    { text: 'for Ada', post: first, author: ghost, onlyFor: 1 },
    { text: 'on the second', post: second, author: ada },
  ]);
}
