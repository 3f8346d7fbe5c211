// Shows how to provide JiraModule with a TokenVerifier, which finds out who is calling.

import { Module } from '@nestjs/common';
import { TypeOrmModule } from '@nestjs/typeorm';
import { TokenVerifier } from 'nestjs-jira';
import { User } from '../users/user.entity.js';
import { DemoTokens } from './demo-tokens.js';

@Module({
  imports: [TypeOrmModule.forFeature([User])],
  providers: [{ provide: TokenVerifier, useClass: DemoTokens }],
  exports: [TokenVerifier],
})
export class AuthModule {}
